// What the model is: model/settings.txt, lines of a name and its value.

const LISTS = new Set(['place', 'label', 'value', 'threshold', 'parent']);
const TEXTS = new Set(['answer', 'model', 'input_ids', 'token_type_ids', 'output', 'prefix']);

function valueOf(name, text) {
  if (name === 'label' || name === 'value' || name === 'low' || name === 'high') {
    return JSON.parse(text);
  }
  if (name === 'parent') {
    return text.split(' ').map(Number);
  }
  if (name === 'place') {
    const [what, type] = text.split(' ');
    return { what, type: Number(type) };
  }
  return TEXTS.has(name) ? text : Number(text);
}

export function settingsOf(text) {
  const settings = { place: [], label: [], value: [], threshold: [], parent: [] };
  for (const line of linesOf(text)) {
    const gap = line.indexOf(' ');
    const name = line.slice(0, gap);
    const value = valueOf(name, line.slice(gap + 1));
    if (LISTS.has(name)) {
      settings[name].push(value);
    } else {
      settings[name] = value;
    }
  }
  return settings;
}

export function linesOf(text) {
  return text.split('\n').filter(line => line !== '');
}
