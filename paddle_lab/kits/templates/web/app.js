// The page: one text or two, a button, the answer with its probabilities.

import { load } from './model.js';

const ZH = {
  'Try the model': '试用模型',
  'Everything is computed in this page: no text leaves it.': '全部计算都在本页面内完成，文本不会离开浏览器。',
  'Text': '文本',
  'First text': '第一条文本',
  'Second text': '第二条文本',
  'Answer': '预测',
  'Loading the model…': '正在加载模型……',
  'Ready': '就绪',
  'Answered in %1 ms': '用时 %1 毫秒',
  'No label': '没有标签',
  'from %1 to %2': '范围 %1 到 %2',
  'The text was longer than the model reads: its end was not seen.': '文本超过模型可读长度，末尾部分未被读取。',
  'The text has nothing that the model knows: the answer means nothing.': '文本中没有模型认识的内容，预测没有意义。',
  'The model could not be loaded: %1': '无法加载模型：%1',
  'It could not be answered: %1': '无法预测：%1'
};
const chinese = navigator.language.toLowerCase().startsWith('zh');

function say(text, ...values) {
  const words = chinese ? ZH[text] : text;
  return values.reduce((all, value, index) => all.replace(`%${index + 1}`, value), words);
}

const part = name => document.getElementById(name);

function show(parent, tag, text, attributes = {}) {
  const element = document.createElement(tag);
  element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, value);
  }
  parent.append(element);
  return element;
}

function percent(value) {
  return `${(100 * value).toFixed(1)}%`;
}

function titleOf(answer) {
  if (answer.labels !== undefined) {
    return answer.labels.join(chinese ? '、' : ', ') || say('No label');
  }
  return answer.label ?? `${Number(answer.score.toPrecision(4))}`;
}

function showAnswer(answer) {
  const found = part('answer');
  found.replaceChildren();
  show(found, 'p', titleOf(answer), { class: 'title' });
  if (answer.score !== undefined && answer.low !== null) {
    show(found, 'p', say('from %1 to %2', answer.low, answer.high));
  }
  for (const { label, probability } of answer.probabilities ?? []) {
    const line = show(found, 'div', '', { class: 'line' });
    show(line, 'span', label, { class: 'label' });
    show(line, 'meter', '', { value: probability, 'aria-label': `${label} ${percent(probability)}` });
    show(line, 'span', percent(probability), { class: 'number', 'aria-hidden': 'true' });
  }
  if (answer.truncated) {
    show(found, 'p', say('The text was longer than the model reads: its end was not seen.'), { class: 'note' });
  }
  if (answer.empty) {
    show(found, 'p', say('The text has nothing that the model knows: the answer means nothing.'), { class: 'note' });
  }
}

async function begin() {
  document.documentElement.lang = chinese ? 'zh-CN' : 'en';
  part('heading').textContent = document.title = say('Try the model');
  part('private').textContent = say('Everything is computed in this page: no text leaves it.');
  part('ask').textContent = say('Answer');
  part('state').textContent = say('Loading the model…');
  part('first-label').textContent = say('Text');
  const model = await load().catch(error => {
    part('state').textContent = say('The model could not be loaded: %1', error.message);
    throw error;
  });
  if (model.settings.pair) {
    part('first-label').textContent = say('First text');
    part('second-label').textContent = say('Second text');
    part('pair').hidden = false;
  }
  part('form').addEventListener('submit', async event => {
    event.preventDefault();
    const started = performance.now();
    try {
      showAnswer(await model.answer(part('first').value, part('second').value));
      part('state').textContent = say('Answered in %1 ms', Math.round(performance.now() - started));
    } catch (error) {
      part('state').textContent = say('It could not be answered: %1', error.message);
    }
  });
  part('ask').disabled = false;
  part('state').textContent = say('Ready');
}

void begin();
