import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // JupyterLab's packages are written for bundlers: they import without file endings.
    server: { deps: { inline: [/@jupyterlab\//, /@lumino\//] } }
  }
});
