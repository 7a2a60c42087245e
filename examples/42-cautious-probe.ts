// A device may be there or not. Under DDI_CAUTIOUS_ACC looking is safe: what nobody answers reads
// all ones, the handle says so, and the driver goes on. Under DDI_DEFAULT_ACC the system panics.
import * as ddi from 'ddi-dma';
import { boot, copyEngine } from 'ddi-dma/machine';

// The engine tells its largest segment here; all ones is what a wide one would say, too.
const CAP_SEG = 0xa0;

export const machine = boot({
  devices: [1, 2].map((n) => ({ at: `copy@${n}`, model: copyEngine() })),
});

function registers(dip: ddi.dev_info_t, devacc_attr_access: number) {
  const acc = {
    // The access byte counts from V1 on.
    devacc_attr_version: ddi.DDI_DEVICE_ATTR_V1,
    devacc_attr_endian_flags: ddi.DDI_STRUCTURE_LE_ACC,
    devacc_attr_dataorder: ddi.DDI_STRICTORDER_ACC,
    devacc_attr_access,
  };
  return ddi.must(ddi.ddi_regs_map_setup(dip, 1, 0, 0, acc));
}

const driver = {
  name: 'probing',
  attach(dip: ddi.dev_info_t): number {
    // Without this declaration the handle is a plain one, whatever its attributes say.
    ddi.ddi_fm_init(dip, ddi.DDI_FM_EREPORT_CAPABLE | ddi.DDI_FM_ACCCHK_CAPABLE);
    const { addr, handle } = registers(dip, ddi.DDI_CAUTIOUS_ACC);
    const value = ddi.ddi_get32(handle, addr + CAP_SEG);
    const error = ddi.ddi_fm_acc_err_get(handle, ddi.DDI_FME_VERSION);
    ddi.ddi_regs_map_free(handle);
    const there = error.fme_status === ddi.DDI_FM_OK;
    const expected = error.fme_flag === ddi.DDI_FM_ERR_EXPECTED;
    const how = there ? 'there' : `not there, as ${expected ? '' : 'un'}expected`;
    console.log(`copy@${ddi.ddi_get_instance(dip) + 1}: 0x${value.toString(16)}, ${how}`);
    if (there) return ddi.DDI_SUCCESS;
    ddi.ddi_fm_service_impact(dip, ddi.DDI_SERVICE_LOST);
    ddi.ddi_fm_fini(dip);
    return ddi.DDI_FAILURE;
  },
  detach(dip: ddi.dev_info_t): number {
    ddi.ddi_fm_fini(dip);
    return ddi.DDI_SUCCESS;
  },
};

// Somebody pulls the second engine out before its driver looks at it.
machine.hardware.remove('copy@2');
for (const at of ['copy@1', 'copy@2']) {
  const rv = await machine.attach(driver, machine.devinfo(at));
  console.log(`${at}: attach returned ${rv}`);
}
console.log(machine.ereports.map((r) => `${r.class} from ${r.detector}`).join('\n'));

// A driver that did not say that it expects faults.
const careless = registers(machine.devinfo('copy@2'), ddi.DDI_DEFAULT_ACC);
try {
  ddi.ddi_get32(careless.handle, careless.addr + CAP_SEG);
} catch (panic) {
  console.log(`${(panic as Error).name}: ${(panic as Error).message}`);
}
