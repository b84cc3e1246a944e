using System;
using System.Linq;

namespace Shop.Orders
{
    /// <summary>What a customer bought.</summary>
    [Serializable]
    public partial class Order<T> : IDisposable where T : class
    {
        private readonly List<T> _lines = new();
        public event EventHandler Paid;

        public int Id { get; set; }

        public decimal Total
        {
            get { return _lines.Sum(Price); }
            set { throw new NotSupportedException(); }
        }

        public Order(int id) => Id = id;

        ~Order()
        {
            Dispose();
        }

        /// <summary>Adds a line.</summary>
        /// <param name="line">what was bought</param>
        [Obsolete("use AddRange")]
        public void Add(T line)
        {
            _lines.Add(line);
            Paid?.Invoke(this, EventArgs.Empty);
        }

        public void Add(params T[] lines)
        {
            foreach (var line in lines)
            {
                Add(line);
            }
        }

        public T this[int index]
        {
            get { return _lines[index]; }
        }

        public static Order<T> operator +(Order<T> left, T right)
        {
            left.Add(right);
            return left;
        }

        public async Task<int> CountAsync(Func<T, bool> filter)
        {
            int Local(int n) => n + 1;
            return Local(await Query.Where<T>(x => filter(x)).CountAsync());
        }

        public void Dispose() { }
    }

    public interface IGateway
    {
        Task Charge(decimal amount);
    }

    public record Money(decimal Amount, string Currency);

    public struct Point
    {
        public int X, Y;

        public double Length() => Math.Sqrt(X * X + Y * Y);
    }

    public enum Status
    {
        Open,
        Paid,
    }

    public delegate void Changed(object sender);
}
