/** What every view needs: words, the reader's language, the model, and what can be done. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { createContext, useContext, useEffect, useRef, useState } from 'react';

import type { Actions } from './actions';
import type { SidebarModel } from './model';
import type * as wire from './messages';

export interface ISidebar {
  trans: TranslationBundle;
  language: 'en' | 'zh';
  /** The server's text in the reader's language. */
  say: (text: wire.Text) => string;
  model: SidebarModel;
  actions: Actions;
  /** Path of the notebook in front, if any. */
  currentPath: () => string | null;
  /** Hides names of other notebooks, for a screen that a class sees. */
  presenter: () => boolean;
  /** Show the machine's own GPUs, now and after the next start. */
  showOwnGpus: () => void;
  /** Ask for PCIe and NVLink of a GPU while its row is open; the result ends it. */
  watchLinks: (position: number) => () => void;
}

const SidebarContext = createContext<ISidebar | null>(null);

export const SidebarProvider = SidebarContext.Provider;

/** The sidebar this view is in. */
export function useSidebar(): ISidebar {
  const sidebar = useContext(SidebarContext);
  if (!sidebar) {
    throw new Error('a sidebar view outside of the sidebar');
  }
  return sidebar;
}

/** Draw again when one of these parts of the model changes. */
export function useModel(...parts: string[]): SidebarModel {
  const { model } = useSidebar();
  const [, draw] = useState(0);
  const wanted = parts.join(' ');
  const { version } = model;
  const drawn = useRef(version);
  drawn.current = version;
  useEffect(() => {
    const heard = (_: SidebarModel, part: string): void => {
      if (wanted.split(' ').includes(part)) {
        draw(count => count + 1);
      }
    };
    model.changed.connect(heard);
    if (model.version !== drawn.current) {
      // Something came between the first drawing and now.
      draw(count => count + 1);
    }
    return () => {
      model.changed.disconnect(heard);
    };
  }, [model, wanted]);
  return model;
}
