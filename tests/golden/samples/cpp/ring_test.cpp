#include "ring.h"

namespace ring {

TEST(Ring, HoldsWhatIsPushed) {
  Ring ring(4);
  EXPECT_TRUE(ring.push(1));
}

TEST_F(FullRing, RefusesMore) {
  EXPECT_FALSE(ring_.push(2));
}

TEST_CASE("a ring is empty at first", "[ring]") {
  REQUIRE(Ring(4).empty());
}

class RING_API Reader : public Source {
 public:
  explicit Reader(Ring &ring);
  int next();
};

}  // namespace ring
