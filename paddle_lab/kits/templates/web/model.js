// The model in this page: tables and program from model/, run by ONNX Runtime as WebAssembly.

import * as ort from './node_modules/onnxruntime-web/dist/ort.wasm.min.mjs';
import { answerOf } from './answers.js';
import { settingsOf } from './settings.js';
import { Tokenizer } from './tokenizer.js';

// More threads need headers that a plain file server does not send.
ort.env.wasm.numThreads = 1;

async function read(name) {
  const response = await fetch(`./model/${name}`);
  if (!response.ok) {
    throw new Error(`model/${name}: ${response.status}`);
  }
  return response;
}

// The model, ready to answer. Throws an Error where a file is not there or is none of its kind.
export async function load() {
  const names = ['settings.txt', 'characters.txt', 'vocabulary.txt'];
  const [settings, characters, vocabulary] = await Promise.all(names.map(async name => (await read(name)).text()));
  return Model.from(settingsOf(settings), characters, vocabulary);
}

class Model {
  static async from(settings, characters, vocabulary) {
    const program = await (await read(settings.model)).arrayBuffer();
    const session = await ort.InferenceSession.create(program);
    return new Model(settings, new Tokenizer(settings, characters, vocabulary), session);
  }

  constructor(settings, tokenizer, session) {
    this.settings = settings;
    this.tokenizer = tokenizer;
    this.session = session;
  }

  // What the model gives for one row that the tokenizer made.
  async values(row) {
    const { settings } = this;
    const tensor = numbers => new ort.Tensor('int64', BigInt64Array.from(numbers, BigInt), [1, numbers.length]);
    const given = { [settings.input_ids]: tensor(row.ids) };
    if (settings.token_type_ids !== undefined) {
      given[settings.token_type_ids] = tensor(row.types);
    }
    const found = await this.session.run(given);
    return Array.from(found[settings.output].data);
  }

  // The answer to one text, or to two.
  async answer(first, second = '') {
    const row = this.tokenizer.row(first, second);
    return answerOf(this.settings, row, await this.values(row));
  }
}
