using System.Text;
using Screening.Protocol.Vocabulary;

namespace Screening.Node.Sources.Custom;

/// <summary>Logs what a program writes to stderr, a line at a time: cut, made printable, and no more than some lines in a while.</summary>
internal sealed class StderrLog(string name, TimeProvider time, ILogger log)
{
    /// <summary>Longest line that is logged.</summary>
    public const int MaxLineLength = 200;

    /// <summary>Lines logged in one <see cref="Period"/>.</summary>
    public const int MaxLines = 20;

    /// <summary>What the bound on lines is counted over.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    private readonly byte[] _line = new byte[MaxLineLength];
    private int _length;
    private long _periodStarted;
    private int _lines;
    private int _dropped;

    /// <summary>Reads to the end of the stream, or until cancelled. One stream at a time.</summary>
    public async Task ReadAllAsync(Stream stream, CancellationToken cancellation)
    {
        var buffer = new byte[4096];
        try
        {
            int read;
            while ((read = await stream.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0)
                Append(buffer.AsSpan(0, read));
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The program is gone.
        }

        if (_length > 0)
            EndLine();
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var lineFeed = bytes.IndexOf((byte)'\n');
            var piece = lineFeed < 0 ? bytes : bytes[..lineFeed];
            var kept = Math.Min(piece.Length, MaxLineLength - _length);
            piece[..kept].CopyTo(_line.AsSpan(_length));
            _length += kept;
            if (lineFeed < 0)
                return;
            EndLine();
            bytes = bytes[(lineFeed + 1)..];
        }
    }

    private void EndLine()
    {
        var text = PeerText.Clean(Encoding.UTF8.GetString(_line.AsSpan(0, _length)).TrimEnd('\r'), MaxLineLength);
        _length = 0;
        if (_lines == 0 || time.GetElapsedTime(_periodStarted) >= Period)
        {
            if (_dropped > 0)
                SourceLog.StderrDropped(log, name, _dropped);
            _periodStarted = time.GetTimestamp();
            _lines = _dropped = 0;
        }

        if (_lines < MaxLines)
        {
            _lines++;
            SourceLog.Stderr(log, name, text);
        }
        else
            _dropped++;
    }
}
