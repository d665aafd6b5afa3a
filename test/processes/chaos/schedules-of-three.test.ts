import { declareSchedules } from './declare-schedules.ts';

declareSchedules(3);
