using System.Globalization;
using Screening.Node.Platform;

namespace Screening.Node.Telemetry;

/// <summary>Where lines are kept, and how much of them.</summary>
/// <param name="Path">
/// The file that grows. Closed files lie beside it, named by the time (UTC) of their last line: <c>NAME-20261126T235959.EXT</c>.
/// </param>
/// <param name="MaxFileBytes">Size at which the file is closed and a new one is begun.</param>
/// <param name="MaxTotalBytes">Size of all files together; at least twice <paramref name="MaxFileBytes"/>.</param>
/// <param name="Keep">Age of the last line at which a closed file is removed.</param>
/// <param name="Mode">The mode of new files.</param>
internal sealed record RollingFileSettings(string Path, long MaxFileBytes, long MaxTotalBytes, TimeSpan Keep, UnixFileMode Mode)
{
    /// <summary>A new file is begun each day (UTC), so that <see cref="Keep"/> holds to the day.</summary>
    public bool IsDaily { get; init; } = true;
}

/// <summary>
/// Appends lines to a file, begins a new one when it is full or the day has changed, and removes the oldest. For one thread at a time.
/// </summary>
/// <remarks>
/// Invariants: the files together never exceed <see cref="RollingFileSettings.MaxTotalBytes"/>, whatever lay there before; the file with
/// the newest lines is never removed; a line that a full disk cuts short is removed, so that a file holds whole lines only. The file is
/// opened for each call, so that no line is lost after the file was moved away or removed.
/// </remarks>
internal sealed class RollingFile(RollingFileSettings settings, TimeProvider time)
{
    private readonly string _folder = Path.GetDirectoryName(Path.GetFullPath(settings.Path))!;
    private readonly string _name = Path.GetFileNameWithoutExtension(settings.Path);
    private readonly string _extension = Path.GetExtension(settings.Path);
    private DateTime _trimmed;

    /// <summary>The closed files, oldest first.</summary>
    public IEnumerable<FileInfo> Closed => new DirectoryInfo(_folder)
        .EnumerateFiles($"{_name}-*{_extension}")
        .OrderBy(file => file.LastWriteTimeUtc)
        .ThenBy(file => file.Name, StringComparer.Ordinal);

    /// <summary>Appends whole lines.</summary>
    /// <param name="toDisk">Returns only once the disk has them.</param>
    /// <exception cref="IOException">They could not be written; no part of them is left in the file.</exception>
    /// <exception cref="UnauthorizedAccessException">The same, for want of a permission.</exception>
    public void Append(ReadOnlySpan<byte> lines, bool toDisk = false)
    {
        PrivateFiles.MakeFolder(_folder);
        if (IsDue(lines.Length))
            Close();
        if (_trimmed.AddMinutes(1) <= time.GetUtcNow().UtcDateTime)
            Trim();
        using var file = new FileStream(settings.Path, new FileStreamOptions
        {
            Mode = FileMode.Append,
            Access = FileAccess.Write,
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 0,
            UnixCreateMode = settings.Mode,
        });
        var end = file.Length;
        try
        {
            file.Write(lines);
            file.Flush(toDisk);
        }
        catch (IOException)
        {
            CutBackTo(file, end);
            throw;
        }
    }

    /// <summary>Removes files that are too old, and the oldest as long as all together are too large.</summary>
    public void Trim()
    {
        var now = time.GetUtcNow().UtcDateTime;
        _trimmed = now;
        if (!Directory.Exists(_folder))
            return;
        var closed = Closed.ToList();

        // The file that grows may become as large as any.
        var excess = closed.Sum(file => file.Length) - (settings.MaxTotalBytes - settings.MaxFileBytes);
        foreach (var file in closed.TakeWhile(file => excess > 0 || now - file.LastWriteTimeUtc > settings.Keep))
        {
            excess -= file.Length;
            file.Delete();
        }
    }

    private static void CutBackTo(FileStream file, long end)
    {
        try
        {
            file.SetLength(end);
        }
        catch (IOException)
        {
            // The caller gets the fault of the write.
        }
    }

    private bool IsDue(int length)
    {
        var file = new FileInfo(settings.Path);
        return file.Exists && file.Length > 0
            && (file.Length + length > settings.MaxFileBytes
                || (settings.IsDaily && file.LastWriteTimeUtc.Date != time.GetUtcNow().UtcDateTime.Date));
    }

    private void Close()
    {
        var file = new FileInfo(settings.Path);
        var stamp = file.LastWriteTimeUtc.ToString("yyyyMMdd'T'HHmmss", CultureInfo.InvariantCulture);
        var closed = Path.Combine(_folder, $"{_name}-{stamp}{_extension}");
        for (var i = 1; File.Exists(closed); i++)
            closed = Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"{_name}-{stamp}_{i:000}{_extension}"));
        file.MoveTo(closed);
        Trim();
    }
}
