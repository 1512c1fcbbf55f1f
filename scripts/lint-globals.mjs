// Globals that plain JavaScript files may use: Node's, by their names in this Node.
const commonJs = ['require', 'module', 'exports', '__dirname', '__filename']
const names = [...Object.getOwnPropertyNames(globalThis), ...commonJs]

export default Object.fromEntries(names.map((name) => [name, 'readonly']))
