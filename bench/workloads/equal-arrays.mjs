/** `count` arrays of shape [rows, columns]. */
export const equalArrays = (count, rows, columns) =>
  Array.from({ length: count }, (_, i) => ({
    group: 'model',
    name: `array_${i}`,
    shape: [rows, columns],
  }))
