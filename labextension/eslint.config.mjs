import js from '@eslint/js';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['lib/', 'node_modules/'] },
  js.configs.recommended,
  {
    files: ['src/**/*.{ts,tsx}', 'test/**/*.ts'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname }
    },
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      // Calls assertions idle that TypeScript itself asks for (casts down from Widget | null).
      '@typescript-eslint/no-unnecessary-type-assertion': 'off',
      // Lumino's signals are connected with the method and its object apart.
      '@typescript-eslint/unbound-method': 'off',
      eqeqeq: ['error', 'always', { null: 'ignore' }]
    }
  },
  {
    files: ['webpack.config.js'],
    languageOptions: { globals: { __dirname: false, module: false, require: false } }
  },
  {
    files: ['scripts/*.mjs', '*.mjs'],
    languageOptions: {
      globals: { Buffer: false, console: false, process: false, structuredClone: false }
    }
  }
);
