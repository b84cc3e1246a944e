import React, { useCallback, useState, memo } from 'react';

interface Props {
  placeholder?: string;
  onSearch: (text: string) => void;
}

/** Remembers a value between renders. */
function useStored<T>(key: string, initial: T): [T, (value: T) => void] {
  const [value, setValue] = useState<T>(initial);
  const store = useCallback((next: T) => {
    localStorage.setItem(key, JSON.stringify(next));
    setValue(next);
  }, [key]);
  return [value, store];
}

export const SearchBox: React.FC<Props> = ({ placeholder, onSearch }) => {
  const [text, setText] = useStored('search', '');
  return (
    <form onSubmit={() => onSearch(text)}>
      <input placeholder={placeholder} value={text} onChange={(event) => setText(event.target.value)} />
      <Hint text={text} />
    </form>
  );
};

export const Hint = memo(({ text }: { text: string }) => {
  if (!text) return null;
  return <p className="hint">Searching for {text}</p>;
});

export default class Boundary extends React.Component<Props, { failed: boolean }> {
  state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  render() {
    return this.state.failed ? <p>Sorry.</p> : this.props.children;
  }
}
