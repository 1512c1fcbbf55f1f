/**
 * The document of the page. Everything else of it is in page/.
 *
 * @module
 */

/** Where the modules of packages are, below the page's own address. */
export const MODULES: Readonly<Record<string, string>> = {
  preact: 'preact/dist/preact.mjs',
  'preact/hooks': 'preact/hooks/dist/hooks.mjs',
  'preact/jsx-runtime': 'preact/jsx-runtime/dist/jsxRuntime.mjs',
  uplot: 'uplot/dist/uPlot.esm.js',
  'd3-hierarchy': 'd3-hierarchy/dist/d3-hierarchy.mjs',
}

const importMap = (): string => {
  const imports = Object.entries(MODULES).map(([name, path]) => [name, `./modules/${path}`])
  return JSON.stringify({ imports: Object.fromEntries(imports) as Record<string, string> })
}

/**
 * @param nonce of this response, that only its own script may run
 * @param title what is looked at
 */
export function documentOf(nonce: string, title: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)} · ndcheckpoint</title>
<link rel="icon" href="icon.svg">
<link rel="stylesheet" href="modules/uplot/dist/uPlot.min.css">
<link rel="stylesheet" href="style.css">
<script type="importmap" nonce="${nonce}">${importMap()}</script>
<script type="module" src="main.js"></script>
<div id="app"></div>
<noscript>This page needs JavaScript; <code>ndcheckpoint inspect</code> does not.</noscript>
</html>
`
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
}

const escaped = (text: string): string => text.replace(/[&<>"]/g, (c) => ENTITIES[c] ?? c)

/**
 * Nothing from elsewhere is loaded, nothing is sent elsewhere, nobody may frame the page. Styles of
 * elements are set by scripts, which is no matter of the policy.
 */
export const policyOf = (nonce: string): string =>
  [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}'`,
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
