# frozen_string_literal: true

require "net/smtp"

module Post
  LIMIT = 50

  # Sends letters.
  #
  # Nothing is sent twice.
  class Mailer < Base
    include Comparable
    attr_reader :host, :port

    Letter = Struct.new(:to, :body) do
      def empty?
        body.nil? || body.strip.empty?
      end
    end

    class << self
      def default
        @default ||= new("localhost")
      end
    end

    def self.deliver(letter)
      default.deliver(letter)
    end

    # @param host [String]
    def initialize(host, port: 25)
      @host = host
      @port = port
    end

    def deliver(letter)
      return if letter.empty?

      Net::SMTP.start(host, port) do |smtp|
        smtp.send_message(letter.body, from, letter.to)
      end
    end

    def <=>(other) = host <=> other.host

    define_method(:from) do
      "post@#{host}"
    end

    private

    def log(text)
      puts(text)
    end
  end

  def self.version
    "1.0"
  end

  FORMAT = lambda do |letter|
    letter.body.upcase
  end
end

def main
  Post::Mailer.deliver(ARGV.first)
end

class Post::Parcel < Post::Letter
  alias weigh weight
  alias_method :post, :send
end

Stamp = Data.define(:value) do
  def paid?
    value.positive?
  end
end

RSpec.describe Post::Mailer do
  let(:mailer) { described_class.new("mail") }

  it "needs a host" do
    expect(mailer.host).to eq("mail")
  end
end

task :send => [:build] do
  main
end
