/** The logo, in the accent colour. */
export function Logo() {
  return (
    <svg className="logo" viewBox="0 0 32 32" aria-hidden="true">
      <path d="M6 4h20a4 4 0 0 1 4 4v12a4 4 0 0 1-4 4H15l-7 6v-6H6a4 4 0 0 1-4-4V8a4 4 0 0 1 4-4zM10 12a2 2 0 1 0 0 4 2 2 0 1 0 0-4zM16 12a2 2 0 1 0 0 4 2 2 0 1 0 0-4zM22 12a2 2 0 1 0 0 4 2 2 0 1 0 0-4z" />
    </svg>
  );
}
