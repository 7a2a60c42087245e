/** mutex(9F) and condvar(9F). Locks know their machine; making one is `machine.kernel`'s. */
export {
  cv_broadcast,
  cv_destroy,
  cv_reltimedwait,
  cv_signal,
  cv_timedwait,
  cv_wait,
  mutex_destroy,
  mutex_enter,
  mutex_exit,
  mutex_owned,
  mutex_tryenter,
  type kcondvar_t,
  type kmutex_t,
} from '../machine/lock.js';
