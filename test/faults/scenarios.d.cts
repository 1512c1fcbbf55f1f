export declare const scenarios: Readonly<Record<string, unknown>>
