import { defineConfig } from 'eslint/config'
import globals from './scripts/lint-globals.mjs'
import tseslint from 'typescript-eslint'

const typed = {
  files: ['**/*.ts', '**/*.tsx', '**/*.cts', '**/*.mts'],
  extends: [tseslint.configs.strictTypeChecked],
  languageOptions: { parserOptions: { projectService: true } },
  rules: {
    // A number in a message is clear; anything else should be made a string on purpose.
    '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
  },
}

// Handlers of events return nothing.
const page = {
  files: ['**/*.tsx'],
  rules: {
    '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
  },
}

const tests = {
  files: ['test/**/*.ts', 'test/**/*.cts', 'test/**/*.mts'],
  rules: {
    // t.test returns a promise that tap itself waits for.
    '@typescript-eslint/no-floating-promises': 'off',
    // Subtests are async by custom, so that a throw fails the subtest and not the file.
    '@typescript-eslint/require-await': 'off',
  },
}

const scripts = {
  files: ['**/*.js', '**/*.mjs', '**/*.cjs'],
  languageOptions: { ecmaVersion: 2023, globals },
  rules: {
    'no-undef': 'error',
    'no-unused-vars': 'error',
    'no-var': 'error',
    'prefer-const': 'error',
    eqeqeq: 'error',
  },
}

export default defineConfig(
  {
    ignores: [
      'lib/**/*.js',
      'lib/**/*.d.ts',
      // Generated.
      'lib/bundle/proto/*_pb.ts',
      // Wrong on purpose: the compiler's verdict on them is the test.
      'test/types/consumer*',
      'build*/',
      '.fuzz/',
      '**/results/',
      '**/node_modules/',
      '.tap/',
    ],
  },
  typed,
  page,
  tests,
  scripts,
)
