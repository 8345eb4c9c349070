using System.Text;

namespace Screening.Node.Platform;

/// <summary>
/// Reads a file that an operator named: whole, as UTF-8, and no further than a bound, so that a device without an end, such as /dev/zero,
/// is a fault like any other. Never throws on what is there.
/// </summary>
internal static class TextFile
{
    /// <summary>The largest configuration file, also of Postfix, in bytes.</summary>
    public const int MaxConfigurationBytes = 4 * 1024 * 1024;

    /// <summary>The largest list of networks or table of Postfix, in bytes: about a million lines.</summary>
    public const int MaxTableBytes = 64 * 1024 * 1024;

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);
    private static readonly UTF8Encoding Lenient = new(false, throwOnInvalidBytes: false);

    /// <summary>Reads a file.</summary>
    /// <param name="maxBytes">The most that is read; a larger file is a fault.</param>
    /// <param name="text">Its text, without a byte order mark; empty with a fault.</param>
    /// <param name="problem">What is wrong, without the path: "there is no such file".</param>
    /// <param name="anyBytes">Bytes that are not UTF-8, as in an old comment, are no fault.</param>
    public static bool TryRead(string path, int maxBytes, out string text, out string problem, bool anyBytes = false)
    {
        text = "";
        try
        {
            using var stream = File.OpenRead(path);
            return TryRead(stream, maxBytes, out text, out problem, anyBytes);
        }
        catch (Exception fault) when (IsOfTheFile(fault))
        {
            problem = Problem(fault, path);
            return false;
        }
    }

    /// <summary>Reads what is left of a stream.</summary>
    /// <inheritdoc cref="TryRead(string, int, out string, out string, bool)"/>
    public static bool TryRead(Stream stream, int maxBytes, out string text, out string problem, bool anyBytes = false)
    {
        (text, problem) = ("", "");
        using var bytes = new MemoryStream();
        var block = new byte[64 * 1024];
        while (stream.Read(block) is > 0 and var count)
        {
            bytes.Write(block, 0, count);
            if (bytes.Length <= maxBytes)
                continue;
            problem = $"it is larger than {maxBytes / 1024 / 1024} MiB";
            return false;
        }

        try
        {
            text = (anyBytes ? Lenient : Strict).GetString(bytes.GetBuffer(), 0, (int)bytes.Length).TrimStart('\uFEFF');
            return true;
        }
        catch (DecoderFallbackException)
        {
            problem = "it is not a text in UTF-8";
            return false;
        }
    }

    /// <summary>Why a file cannot be opened now; null if it can.</summary>
    public static string? ProblemOf(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            return null;
        }
        catch (Exception fault) when (IsOfTheFile(fault))
        {
            return Problem(fault, path);
        }
    }

    private static bool IsOfTheFile(Exception fault) =>
        fault is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException;

    private static string Problem(Exception fault, string path) => fault switch
    {
        FileNotFoundException or DirectoryNotFoundException => "there is no such file",
        _ when Directory.Exists(path) => "it is a folder, not a file",
        UnauthorizedAccessException => "it cannot be read: permission denied",
        PathTooLongException => "it cannot be read: the name is too long",
        // .NET puts the path behind the system's own words.
        IOException => "it cannot be read: " + fault.Message.Replace($" : '{Path.GetFullPath(path)}'", "", StringComparison.Ordinal),
        _ => "it is not the name of a file",
    };
}
