//! A bounded queue that never allocates after init.

const std = @import("std");
const Allocator = std.mem.Allocator;

pub const default_capacity: usize = 64;

/// What to do when the queue is full.
pub const Overflow = enum {
    reject,
    drop_oldest,

    pub fn isLossy(self: Overflow) bool {
        return self == .drop_oldest;
    }
};

pub const Error = error{ Full, Empty };

/// A ring of `T`, sized once.
pub fn Ring(comptime T: type) type {
    return struct {
        const Self = @This();

        items: []T,
        head: usize = 0,
        len: usize = 0,
        overflow: Overflow,

        pub fn init(allocator: Allocator, capacity: usize, overflow: Overflow) Allocator.Error!Self {
            return .{ .items = try allocator.alloc(T, capacity), .overflow = overflow };
        }

        pub fn deinit(self: *Self, allocator: Allocator) void {
            allocator.free(self.items);
            self.* = undefined;
        }

        /// Puts one item at the end.
        pub fn push(self: *Self, item: T) Error!void {
            if (self.len == self.items.len) {
                if (!self.overflow.isLossy()) return error.Full;
                _ = self.pop() catch unreachable;
            }
            self.items[(self.head + self.len) % self.items.len] = item;
            self.len += 1;
        }

        pub fn pop(self: *Self) Error!T {
            if (self.len == 0) return error.Empty;
            defer self.len -= 1;
            const item = self.items[self.head];
            self.head = (self.head + 1) % self.items.len;
            return item;
        }
    };
}

const Header = packed struct {
    version: u4,
    flags: u12,

    fn valid(self: Header) bool {
        return self.version == 1;
    }
};

const Value = union(enum) {
    int: i64,
    text: []const u8,

    inline fn size(self: Value) usize {
        return switch (self) {
            .int => 8,
            .text => |text| text.len,
        };
    }
};

extern fn clock_now() u64;

export fn ring_version() callconv(.c) u32 {
    return 1;
}

test "a lossy ring drops its oldest item" {
    var ring = try Ring(u8).init(std.testing.allocator, 2, .drop_oldest);
    defer ring.deinit(std.testing.allocator);
    for ([_]u8{ 1, 2, 3 }) |item| try ring.push(item);
    try std.testing.expectEqual(@as(u8, 2), try ring.pop());
}

test Header {
    try std.testing.expect((Header{ .version = 1, .flags = 0 }).valid());
}

comptime {
    std.debug.assert(@sizeOf(Header) == 2);
}
