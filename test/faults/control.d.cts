export declare const KINDS: readonly string[]
