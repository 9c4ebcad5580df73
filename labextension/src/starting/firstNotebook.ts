/** The cells of a new fine-tuning notebook. */

import { lineOf } from './form';

const TEXTS = {
  en: {
    text: '# Fine-tune a model\n\nRun the cells one after the other. Put the path of your own file in the place of `reviews`, or right-click it in the file browser: **Fine-tune…**',
    predict: '%ernie_predict last "物流很快，质量也很好"'
  },
  zh: {
    text: '# 微调模型\n\n依次运行下面的单元。把 `reviews` 换成自己的文件路径即可使用自己的数据，也可以在文件浏览器中右键点击文件，选择 **微调…**',
    predict: '%ernie_predict last "物流很快，质量也很好"'
  }
};

/** A heading and three cells, in the language of the page; `model`: the one that is named, if any. */
export function firstCells(language: 'en' | 'zh', model: unknown): { text: string; cells: string[] } {
  const { text, predict } = TEXTS[language];
  return { text, cells: ['%load_ext paddle_lab', lineOf('reviews', { ...(typeof model === 'string' ? { model } : {}), limit: 2000 }), predict] };
}
