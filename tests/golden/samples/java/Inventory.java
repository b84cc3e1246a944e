package shop.inventory;

import java.util.*;
import java.util.function.Function;

/**
 * What is on the shelves.
 *
 * @param <T> the kind of item
 */
@Singleton
public class Inventory<T extends Item> implements Iterable<T> {
  private static final int LIMIT = 100;
  private final Map<String, T> items = new HashMap<>();

  private final Comparator<T> byPrice =
      new Comparator<T>() {
        @Override
        public int compare(T left, T right) {
          return Integer.compare(left.price(), right.price());
        }
      };

  static {
    Registry.register(Inventory.class);
  }

  public Inventory() {
    this(LIMIT);
  }

  Inventory(int limit) {
    super();
  }

  /** Adds one item. */
  public void add(T item) {
    items.put(item.name(), item);
  }

  public void add(T item, int count) {
    for (int i = 0; i < count; i++) {
      add(item);
    }
  }

  @Override
  @SuppressWarnings("unchecked")
  public Iterator<T> iterator() {
    return items.values().stream().sorted(byPrice).map((Function<T, T>) Function.identity()).iterator();
  }

  public record Price(int cents, String currency) {
    public Price {
      Objects.requireNonNull(currency);
    }
  }

  enum Shelf {
    TOP,
    BOTTOM {
      @Override
      int reach() {
        return 1;
      }
    };

    int reach() {
      return 2;
    }
  }

  interface Listener {
    void changed(String name);

    default void cleared() {
      changed("*");
    }
  }
}

@interface Singleton {
  String value() default "";
}
