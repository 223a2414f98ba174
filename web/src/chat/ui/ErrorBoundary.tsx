import { Component, type ReactNode } from 'react';

interface Props {
  /** Shown in place of children that fail to render. */
  fallback: ReactNode;
  children: ReactNode;
}

/** Confines a rendering error to one part of the page. (React supports this only in a class.) */
export class ErrorBoundary extends Component<Props, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError = () => ({ failed: true });

  override render() {
    return this.state.failed ? this.props.fallback : this.props.children;
  }
}
