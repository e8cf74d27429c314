/** Whatever goes wrong while drawing stays here: the talk around it goes on. */
import { Component, type ReactNode } from "react";

export class Safe extends Component<{ failed: ReactNode; children: ReactNode }, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError() {
    return { broken: true };
  }

  override render() {
    return this.state.broken ? this.props.failed : this.props.children;
  }
}
