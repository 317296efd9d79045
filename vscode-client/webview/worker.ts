import { layOut, type LayoutInput } from './layout';

self.onmessage = (event: MessageEvent<LayoutInput>) => {
  self.postMessage(layOut(event.data));
};
