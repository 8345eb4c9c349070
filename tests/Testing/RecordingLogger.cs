using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Screening.Testing;

/// <summary>Keeps what was logged: event id and text.</summary>
public sealed class RecordingLogger<T> : ILogger<T>
{
    private readonly ConcurrentQueue<(int Id, string Text)> _lines = new();

    public IReadOnlyList<(int Id, string Text)> Lines => [.. _lines];

    /// <summary>How often an event was logged.</summary>
    public int CountOf(int id) => _lines.Count(l => l.Id == id);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue((eventId.Id, formatter(state, exception)));
}
