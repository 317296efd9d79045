/** Something that happens again and again, and that one waits for: a wait ends at the first time after the last wait. */
export class Signal {
  private raised = false;
  private waiting: (() => void) | undefined;

  raise(): void {
    this.raised = true;
    this.waiting?.();
  }

  /** Wait until it is raised; at once when it was since the last wait. `interrupted` ends the wait too. */
  async wait(interrupted: (listener: () => void) => { dispose(): void }): Promise<void> {
    if (!this.raised) {
      let subscription: { dispose(): void } | undefined;
      await new Promise<void>((resolve) => {
        this.waiting = resolve;
        subscription = interrupted(resolve);
      });
      subscription?.dispose();
      this.waiting = undefined;
    }
    this.raised = false;
  }
}
