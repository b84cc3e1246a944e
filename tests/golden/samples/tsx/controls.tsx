/** A button that can be referred to. */
export const Button = forwardRef<HTMLButtonElement, ButtonProps>(function Button(props, ref) {
  return <button ref={ref} {...props} />;
});

const Card = React.memo(
  forwardRef<HTMLDivElement, CardProps>(({ title, children }, ref) => {
    return (
      <div ref={ref} title={title}>
        {children}
      </div>
    );
  }),
);

Card.Header = ({ title }: HeaderProps) => {
  return <h2>{title}</h2>;
};

export const Primary: Story = {
  args: { title: "Save" },
  render: (args) => {
    return <Button {...args} />;
  },
};
