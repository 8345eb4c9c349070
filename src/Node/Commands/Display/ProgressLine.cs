using System.Globalization;

namespace Screening.Node.Commands.Display;

/// <summary>
/// How far a long command is: one line on a terminal that is written over and over, and a summary at the end. Elsewhere nothing.
/// </summary>
/// <param name="error">The command's standard error: standard output is for what it prints.</param>
/// <param name="isTerminal">True if a person may look on.</param>
internal sealed class ProgressLine(TextWriter error, bool isTerminal, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly long _started = time.GetTimestamp();
    private TimeSpan? _shown;
    private int _length;

    /// <summary>Tells how many lines are done.</summary>
    /// <param name="total">How many there are; null: not known.</param>
    public async Task ShowAsync(long done, long? total)
    {
        var elapsed = time.GetElapsedTime(_started);
        if (!isTerminal || elapsed - _shown < Interval)
            return;
        _shown = elapsed;
        var lines = total is > 0
            ? string.Create(CultureInfo.InvariantCulture, $"{done} of {total} lines ({Math.Min(100, done * 100 / total.Value)} %)")
            : string.Create(CultureInfo.InvariantCulture, $"{done} lines");
        await OverwriteAsync(string.Create(CultureInfo.InvariantCulture, $"{lines}, {Rate(done, elapsed)} lines/s")).ConfigureAwait(false);
    }

    /// <summary>Ends the line; with a summary where all went well.</summary>
    public async Task EndAsync(long done, bool isWhole)
    {
        if (!isTerminal)
            return;
        var elapsed = time.GetElapsedTime(_started);
        await OverwriteAsync("").ConfigureAwait(false);
        await error.WriteAsync('\r').ConfigureAwait(false);
        if (isWhole)
        {
            await error.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture, $"{done} lines in {elapsed.TotalSeconds:0.0} s, {Rate(done, elapsed)} lines/s"))
                    .ConfigureAwait(false);
        }
    }

    private static long Rate(long done, TimeSpan elapsed) => (long)(done / Math.Max(0.001, elapsed.TotalSeconds));

    private async Task OverwriteAsync(string text)
    {
        await error.WriteAsync("\r" + text.PadRight(_length)).ConfigureAwait(false);
        await error.FlushAsync().ConfigureAwait(false);
        _length = text.Length;
    }
}
