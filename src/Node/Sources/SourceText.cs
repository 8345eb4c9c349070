using System.Net.Sockets;

namespace Screening.Node.Sources;

/// <summary>Short texts for the operator.</summary>
internal static class SourceText
{
    /// <summary>What <see cref="Screening.Actors.Checks.SourceException"/> allows.</summary>
    public const int MaxLength = 200;

    /// <summary>What went wrong, in a few words.</summary>
    public static string Of(Exception error) => error switch
    {
        SocketException e => e.SocketErrorCode.ToString(),
        { InnerException: SocketException e } => e.SocketErrorCode.ToString(),
        EndOfStreamException => "closed before the answer was complete",
        _ => Cut(error.Message),
    };

    /// <summary>The text in one line, cut to what fits.</summary>
    public static string Cut(string text, int length = MaxLength)
    {
        var cut = text.Length <= length ? text : text[..length];
        return cut.Any(char.IsControl) ? string.Concat(cut.Select(c => char.IsControl(c) ? '?' : c)) : cut;
    }
}
