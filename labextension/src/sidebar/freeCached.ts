/** Frees Paddle's cached memory in a kernel, without a trace in its namespace or history. */

import type { KernelMessage, ServiceManager } from '@jupyterlab/services';
import { KernelAPI } from '@jupyterlab/services';

const TIMEOUT_MS = 15000;

/**
 * One expression, so that no name is left behind. Paddle is looked for among the imported modules and
 * never imported. Its value is (reserved before, None, reserved after), or None without Paddle on a GPU.
 */
const EXPRESSION =
  "(lambda p: None if p is None or not p.is_compiled_with_cuda() else (lambda held: (held(), p.device.cuda.empty_cache(), held()))(lambda: sum(p.device.cuda.memory_reserved(i) for i in range(p.device.cuda.device_count()))))(__import__('sys').modules.get('paddle'))";

/** Bytes freed, or why nothing was done. Throws when the kernel does not answer. */
export async function freeCachedMemory(
  services: ServiceManager.IManager,
  kernelId: string
): Promise<number | 'busy' | 'no-paddle'> {
  const model = await KernelAPI.getKernelModel(kernelId, services.serverSettings);
  if (!model || model.execution_state !== 'idle') {
    return 'busy';
  }
  const kernel = services.kernels.connectTo({ model });
  try {
    await within(kernel.info);
    const future = kernel.requestExecute({
      code: '',
      silent: true,
      store_history: false,
      user_expressions: { freed: EXPRESSION }
    });
    return freedOf(await within(future.done));
  } finally {
    kernel.dispose();
  }
}

function freedOf(reply: KernelMessage.IExecuteReplyMsg): number | 'no-paddle' {
  const content = reply.content as KernelMessage.IReplyOkContent & {
    user_expressions?: { freed?: { status: string; evalue?: string; data?: { 'text/plain'?: string } } };
  };
  const value = content.user_expressions?.freed;
  if (!value || value.status !== 'ok') {
    throw new Error(value?.evalue ?? 'no answer');
  }
  const numbers = value.data?.['text/plain']?.match(/^\((\d+), None, (\d+)\)$/);
  return numbers ? Math.max(0, Number(numbers[1]) - Number(numbers[2])) : 'no-paddle';
}

function within<T>(promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = window.setTimeout(() => reject(new Error('the kernel does not answer')), TIMEOUT_MS);
    promise.then(resolve, reject).finally(() => window.clearTimeout(timer));
  });
}
