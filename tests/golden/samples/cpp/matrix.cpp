// Dense matrices.
#include <vector>

namespace linear {
namespace detail {

template <typename T>
inline T square(T value) {
  return value * value;
}

}  // namespace detail

/// A matrix in row-major order.
template <typename T, int Rows, int Cols>
class Matrix {
 public:
  using value_type = T;

  Matrix() : data_(Rows * Cols) {}
  explicit Matrix(std::vector<T> data)
      : data_(std::move(data)) {
    check();
  }
  ~Matrix() = default;

  T& operator()(int row, int col) {
    return data_[row * Cols + col];
  }

  int size() const;

 private:
  std::vector<T> data_;
};

template <typename T, int Rows, int Cols>
int Matrix<T, Rows, Cols>::size() const {
  return data_.size();
}

struct Shape {
  int rows;
  int cols;
  bool operator==(const Shape& other) const {
    return rows == other.rows && cols == other.cols;
  }
};

enum class Order { kRow, kColumn };

template <>
struct Traits<float> {
  static const char* name() { return "float"; }
};

template <typename T>
concept Number = std::is_arithmetic_v<T>;

int dot(int a, int b) { return a * b; }

double dot(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  std::for_each(a.begin(), a.end(), [&](double x) { sum += detail::square<double>(x); });
  return sum;
}

}  // namespace linear

const char* linear::Shape::describe() {
  return "shape";
}

auto compare = [](int left, int right) {
  return left < right;
};

extern "C" {
int matrix_version(void) {
  return 3;
}
}
