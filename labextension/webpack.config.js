const { join } = require('node:path');

const { rspack } = require('@rspack/core');

module.exports = {
  module: {
    rules: [
      // Before JupyterLab's own loaders of styles, whose place it takes.
      { test: /\.css$/, enforce: 'post', loader: join(__dirname, 'scripts/style-text.mjs') }
    ]
  },
  optimization: {
    // The chart belongs to the card: by itself it would be packed worse.
    splitChunks: { cacheGroups: { defaultVendors: false } },
    // Code as small as three passes make it.
    minimizer: [
      new rspack.SwcJsMinimizerRspackPlugin({
        minimizerOptions: { ecma: 2020, compress: { passes: 3, ecma: 2020 }, format: { comments: false } }
      })
    ]
  }
};
