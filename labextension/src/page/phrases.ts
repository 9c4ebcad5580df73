import { type Language, Phrases } from '../run/i18n';
import { PAGE_WORDS } from './words';

/** The words of the run pages in one language. */
export class PagePhrases extends Phrases<typeof PAGE_WORDS> {
  constructor(language: Language) {
    super(PAGE_WORDS, language);
  }
}
