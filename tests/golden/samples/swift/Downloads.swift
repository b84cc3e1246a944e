import Foundation

/// Bytes already on disk and bytes still to come.
public struct Progress: Equatable, Sendable {
    public var received: Int
    public let expected: Int?

    /// Between 0 and 1, or nil while the length is unknown.
    public var fraction: Double? {
        guard let expected, expected > 0 else { return nil }
        return Double(received) / Double(expected)
    }

    public init(received: Int = 0, expected: Int? = nil) {
        self.received = received
        self.expected = expected
    }
}

public enum DownloadError: Error {
    case cancelled
    case httpStatus(code: Int)

    var isRetryable: Bool {
        switch self {
        case .cancelled: return false
        case .httpStatus(let code): return code >= 500
        }
    }
}

@available(macOS 13, iOS 16, *)
public protocol DownloadDelegate: AnyObject {
    associatedtype Payload
    var label: String { get }
    func download(_ download: Download, didAdvance progress: Progress)
    func download(_ download: Download, didFinishWith payload: Payload) throws
}

typealias Completion<T> = (Result<T, DownloadError>) -> Void

@MainActor
public final class Download {
    private let url: URL
    private var chunks: [Data] = []
    public private(set) var progress = Progress()
    private lazy var session: URLSession = {
        let configuration = URLSessionConfiguration.ephemeral
        configuration.timeoutIntervalForRequest = 30
        return URLSession(configuration: configuration)
    }()

    public init(url: URL) {
        self.url = url
    }

    public convenience init?(string: String) {
        guard let url = URL(string: string) else { return nil }
        self.init(url: url)
    }

    deinit {
        print("released \(url)")
    }

    public subscript(index: Int) -> Data {
        get { chunks[index] }
        set { chunks[index] = newValue }
    }

    /// Starts the transfer.
    ///
    /// - Parameter completion: called once, on the main actor
    @discardableResult
    public func start(_ completion: @escaping Completion<Data>) -> Task<Void, Never> {
        Task {
            do {
                let data = try await fetch(retries: 3)
                completion(.success(data))
            } catch {
                completion(.failure(.cancelled))
            }
        }
    }

    func fetch<Policy: RetryPolicy>(with policy: Policy) async throws -> Data where Policy.Input == URL {
        func attempt(_ count: Int) async throws -> Data {
            try await session.data(from: url).0
        }
        return try await policy.run { try await attempt($0) }
    }

    func fetch(retries: Int) async throws -> Data {
        try await fetch(with: Backoff(limit: retries))
    }

    struct Backoff: RetryPolicy {
        typealias Input = URL
        let limit: Int

        func delay(after attempt: Int) -> Duration { .seconds(1 << attempt) }
    }
}

// MARK: - Display

extension Progress: CustomStringConvertible {
    public var description: String {
        fraction.map { "\(Int($0 * 100)) %" } ?? "\(received) bytes"
    }

    static func + (left: Progress, right: Progress) -> Progress {
        Progress(received: left.received + right.received)
    }
}

extension Array where Element == Progress {
    func total() -> Progress { reduce(Progress(), +) }
}

func humanReadable(_ bytes: Int) -> String {
    ByteCountFormatter.string(fromByteCount: Int64(bytes), countStyle: .file)
}
