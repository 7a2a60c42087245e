/** A change of the public API shows in a diff; `npm run api:update` accepts it. */
import { beforeAll, describe, expect, test } from 'vitest';
import { surfaces } from './surface.js';

describe('the public declarations', () => {
  let index = '';
  let machine = '';
  let explore = '';
  let vitest = '';
  let drivers = '';
  beforeAll(() => {
    [index = '', machine = '', explore = '', vitest = '', drivers = ''] = surfaces([
      'index.d.ts',
      'platforms/index.d.ts',
      'explore/faults.d.ts',
      'testing/vitest.d.ts',
      'drivers/index.d.ts',
    ]);
  });

  test('of ddi-dma', async () => {
    await expect(index).toMatchFileSnapshot('index.d.ts.golden');
  });

  test('of ddi-dma/machine', async () => {
    await expect(machine).toMatchFileSnapshot('machine.d.ts.golden');
  });

  test('of ddi-dma/explore', async () => {
    await expect(explore).toMatchFileSnapshot('explore.d.ts.golden');
  });

  test('of ddi-dma/vitest', async () => {
    await expect(vitest).toMatchFileSnapshot('vitest.d.ts.golden');
  });

  test('of ddi-dma/drivers', async () => {
    await expect(drivers).toMatchFileSnapshot('drivers.d.ts.golden');
  });
});
