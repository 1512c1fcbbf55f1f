export declare const scenarios: Readonly<Record<string, { readonly isQuick?: boolean }>>
