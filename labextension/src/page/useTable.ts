// The table's rows: asked for when the query changes, and when the server tells that runs moved.

import { useCallback, useContext, useEffect, useRef, useState } from 'react';

import type { IMessage } from '../stream';
import { PageContext } from './context';
import type * as wire from './messages';
import { type INews, type ITableState, queryOf, withNews } from './tableState';

const TYPING_MS = 200;
const UNREAD_MS = 250;
/** Runs that begin or end are shown at least so soon, and asked for no more often. */
const MOVED_MS = 1_000;

export interface ITable {
  table: wire.RunTable | null;
  trouble: string;
  refresh: () => Promise<void>;
}

export function useTable(query: ITableState): ITable {
  const { api, host } = useContext(PageContext)!;
  const [table, setTable] = useState<wire.RunTable | null>(null);
  const [trouble, setTrouble] = useState('');
  const asked = useRef(0);
  const text = queryOf(query);

  const refresh = useCallback(async () => {
    const number = ++asked.current;
    try {
      const answer = await api.table(text);
      if (number === asked.current) {
        setTable(answer);
        setTrouble('');
      }
    } catch (error) {
      if (number === asked.current) {
        setTrouble(api.reason(error));
      }
    }
  }, [api, text]);

  useEffect(() => {
    const timer = setTimeout(() => void refresh(), asked.current ? TYPING_MS : 0);
    return () => clearTimeout(timer);
  }, [refresh]);

  useEffect(() => {
    if (!table?.unread) {
      return;
    }
    const timer = setTimeout(() => void refresh(), UNREAD_MS);
    return () => clearTimeout(timer);
  }, [table, refresh]);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const again = (): void => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void refresh();
      }, MOVED_MS);
    };
    const message = (heard: IMessage): void => {
      if (heard.type !== 'delta') {
        return;
      }
      const { runs, gone } = heard as IMessage & { runs: INews[]; gone?: string[] };
      setTable(before => {
        const after = before && withNews(before, runs, gone ?? []);
        if (!after) {
          again();
        }
        return after ?? before;
      });
    };
    const subscription = host.stream.subscribe('runs', { message });
    return () => {
      clearTimeout(timer);
      subscription.dispose();
    };
  }, [host, refresh]);

  return { table, trouble, refresh };
}
