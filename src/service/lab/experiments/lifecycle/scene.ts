/** What a scene is. */
import type { Stage } from './stage.ts';

export interface Scene {
  readonly title: string;
  readonly note?: string;
  play(stage: Stage): Promise<void>;
}
