import { Component, type ReactNode } from 'react';

interface Props {
  /** What stands in the place of a part that cannot be drawn. */
  instead: ReactNode;
  children: ReactNode;
}

/** Keeps a fault in one part of the page from taking the rest with it. (React asks for a class here.) */
export class Boundary extends Component<Props, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError = () => ({ failed: true });

  override render() {
    return this.state.failed ? this.props.instead : this.props.children;
  }
}
