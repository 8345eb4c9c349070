namespace Screening.Node.Hosting;

/// <summary>
/// Finds out when files have changed and are at rest again. A file that is just being written may be cut off at a place where it still
/// makes sense: half a configuration would drop the lists at its end.
/// </summary>
internal sealed class FileWatch(FileStamp used)
{
    private FileStamp _used = used;
    private FileStamp _seen = used;

    /// <summary>Takes a look: true if the files differ from those in use, and did not change since the look before.</summary>
    public bool HasChanged(FileStamp now)
    {
        var isAtRest = now == _seen;
        _seen = now;
        return isAtRest && now != _used;
    }

    /// <summary>These files are in use, or proved to be faulty.</summary>
    public void Use(FileStamp used) => _used = used;
}

/// <summary>
/// What can be seen of files without reading them: two stamps that are equal are of the same files with the same content, as far as name,
/// time and size tell. A file that is missing or cannot be reached is part of the stamp, so its return is a change too.
/// </summary>
internal readonly record struct FileStamp
{
    private readonly string _text;

    private FileStamp(string text) => _text = text;

    /// <summary>The stamp of the files as they are now. Never fails.</summary>
    public static FileStamp Of(IEnumerable<string> paths) => new(string.Join('\n', paths.Select(Describe)));

    // A link is followed to its end: Kubernetes changes a file by changing a link to its folder.
    private static string Describe(string path)
    {
        try
        {
            var target = File.ResolveLinkTarget(path, returnFinalTarget: true) as FileInfo ?? new FileInfo(path);
            return target.Exists ? $"{path} {target.FullName} {target.LastWriteTimeUtc.Ticks} {target.Length}" : $"{path} absent";
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return $"{path} {fault.GetType().Name}"; // Missing, a loop, or behind a folder that is closed to this process.
        }
    }
}
