// Packets between two ring NICs that a wire joins. A long packet is bound, block by block, and a
// short one copied. A packet received is a buffer on loan from the driver: it comes back when the
// layer above has done with it, even after a stop, and until then the driver cannot detach.
import type { dev_info_t } from 'ddi-dma';
import * as drv from 'ddi-dma/drivers';
import { boot, ringNic, type RingNic } from 'ddi-dma/machine';

const places = ['nic@1', 'nic@2'] as const;
export const machine = boot({ devices: places.map((at) => ({ at, model: ringNic() })) });
const { kernel } = machine;
const [left, right] = places.map((at) => machine.devinfo(at)) as [dev_info_t, dev_info_t];
const [a, b] = places.map((at) => machine.device(at) as RingNic) as [RingNic, RingNic];
a.wire.join(b.wire);

const driver = drv.ringnic({ tx_ring: 32, rx_ring: 32, rx_spare: 32 });
const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes);
const kept: drv.mblk_t[] = [];

/** One packet of the given pieces, a message block each. */
function packet(...pieces: string[]): drv.mblk_t {
  const blocks = pieces.map((piece) => {
    const mp = drv.allocb(kernel, piece.length) as drv.mblk_t;
    kernel.copyBytesIn(
      mp.b_rptr,
      Uint8Array.from(piece, (c) => c.charCodeAt(0)),
    );
    mp.b_wptr += piece.length;
    return mp;
  });
  blocks.forEach((mp, i) => (mp.b_cont = blocks[i + 1] ?? null));
  return blocks[0] as drv.mblk_t;
}

/** The layer above: prints what comes, answers a ping, keeps what it is asked to keep. */
function receive(name: string, dip: dev_info_t) {
  return async (chain: drv.mblk_t): Promise<void> => {
    for (let mp: drv.mblk_t | null = chain; mp;) {
      const next: drv.mblk_t | null = mp.b_next;
      const said = text(kernel.copyBytesOut(mp.b_rptr, mp.b_wptr - mp.b_rptr));
      console.log(`${name} receives ${said.length} bytes: ${said.slice(0, 24)}`);
      if (said.startsWith('ping')) await drv.ringnic_tx(dip, packet(said.replace('ping', 'pong')));
      if (said.startsWith('keep')) kept.push(mp);
      else drv.freemsg(mp);
      mp = next;
    }
  };
}

await machine.run(async () => {
  for (const dip of [left, right]) console.log('attach:', await machine.attach(driver, dip));
  await drv.ringnic_start(left, { rx: receive('left', left) });
  await drv.ringnic_start(right, { rx: receive('right', right) });

  const long = 'x'.repeat(700);
  const pings = [packet('ping 1'), packet('ping 2 ', long, long), packet('keep this')];
  pings.forEach((mp, i) => (mp.b_next = pings[i + 1] ?? null));
  await drv.ringnic_tx(left, pings[0] as drv.mblk_t);
  await kernel.delay(1);

  // A device that lies about a length is not believed.
  b.misbehave({ ring: 'rx', what: 'length', length: 60_000, packet: 1 });
  await drv.ringnic_tx(left, packet('lost'));
  await drv.ringnic_tx(left, packet('not lost'));
  await kernel.delay(1);

  for (const dip of [left, right]) {
    const { opackets, tx_bound, ipackets, ierrors } = drv.ringnic_stats(dip) ?? {};
    console.log({ opackets, tx_bound, ipackets, ierrors });
    await drv.ringnic_stop(dip);
  }
  console.log('detach with a buffer on loan:', await machine.detach(driver, right));
  const [mp] = kept as [drv.mblk_t];
  console.log('it is still there:', text(kernel.copyBytesOut(mp.b_rptr, drv.msgsize(mp))));
  drv.freemsg(mp);
  for (const dip of [left, right]) console.log('detach:', await machine.detach(driver, dip));
});
console.log(`left behind: ${machine.probe.live().length}, findings: ${machine.findings.length}`);
