import { layOut, type LayoutInput } from './layout';

self.addEventListener('message', (event: MessageEvent<LayoutInput & { asked: number }>) => {
  self.postMessage({ asked: event.data.asked, layout: layOut(event.data) });
});
