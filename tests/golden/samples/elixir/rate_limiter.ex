defmodule Gatekeeper.RateLimiter do
  @moduledoc """
  A token bucket per key, kept in ETS and refilled by the clock.
  """

  use GenServer

  alias Gatekeeper.Bucket
  require Logger

  @default_capacity 60
  @type key :: String.t() | {atom(), term()}

  defstruct capacity: @default_capacity, table: nil

  defmodule Exhausted do
    @moduledoc "Raised by the banged functions."
    defexception [:key, :retry_after]

    @impl true
    def message(%{key: key, retry_after: wait}), do: "#{inspect(key)} must wait #{wait} ms"
  end

  @doc "Starts the limiter under its supervisor."
  @spec start_link(keyword()) :: GenServer.on_start()
  def start_link(opts \\ []) do
    GenServer.start_link(__MODULE__, opts, name: __MODULE__)
  end

  @doc """
  Takes one token for `key`.

  Returns `{:error, milliseconds}` when the bucket is empty.
  """
  @spec take(key()) :: :ok | {:error, non_neg_integer()}
  def take(key), do: take(key, 1)

  def take(key, count) when is_integer(count) and count > 0 do
    GenServer.call(__MODULE__, {:take, key, count})
  end

  def take!(key) do
    case take(key) do
      :ok -> :ok
      {:error, wait} -> raise Exhausted, key: key, retry_after: wait
    end
  end

  @impl GenServer
  def init(opts) do
    table = :ets.new(:buckets, [:set, :protected])
    {:ok, struct!(__MODULE__, Keyword.put(opts, :table, table))}
  end

  @impl GenServer
  def handle_call({:take, key, count}, _from, state) do
    case Bucket.take(lookup(state, key), count, now()) do
      {:ok, bucket} ->
        :ets.insert(state.table, {key, bucket})
        {:reply, :ok, state}

      {:error, wait} ->
        {:reply, {:error, wait}, state}
    end
  end

  def handle_call(:size, _from, state) do
    {:reply, :ets.info(state.table, :size), state}
  end

  # A bucket that nobody used yet is full.
  defp lookup(%{table: table, capacity: capacity}, key) do
    case :ets.lookup(table, key) do
      [{^key, bucket}] -> bucket
      [] -> Bucket.full(capacity)
    end
  end

  defp now, do: System.monotonic_time(:millisecond)

  defmacro limited(key, do: block) do
    quote do
      with :ok <- unquote(__MODULE__).take(unquote(key)), do: unquote(block)
    end
  end

  defguardp is_wait(value) when is_integer(value) and value >= 0
end

defprotocol Gatekeeper.Key do
  @doc "The part of a term that identifies a caller."
  def identify(term)
end

defimpl Gatekeeper.Key, for: Tuple do
  def identify({kind, id}), do: "#{kind}:#{id}"
end

defmodule Gatekeeper.RateLimiterTest do
  use ExUnit.Case, async: true

  setup do
    {:ok, key: make_ref()}
  end

  describe "take/2" do
    test "an empty bucket makes callers wait", %{key: key} do
      assert :ok = Gatekeeper.RateLimiter.take(key, 60)
      assert {:error, wait} = Gatekeeper.RateLimiter.take(key)
      assert wait > 0
    end
  end
end
