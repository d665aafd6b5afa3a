// Every mix of Debian's daemons and geobooth's in one ring, without authentication.
import { declareRings } from './declare-rings.ts';

declareRings(false);
