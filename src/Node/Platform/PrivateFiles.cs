using System.Runtime.Versioning;

namespace Screening.Node.Platform;

/// <summary>
/// Makes files and folders that other users of this host cannot read: with explicit modes from the first instant, whatever the umask. A
/// folder that is there already keeps its mode.
/// </summary>
internal static class PrivateFiles
{
    /// <summary>0750.</summary>
    public const UnixFileMode FolderMode =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute;

    /// <summary>0640.</summary>
    public const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;

    /// <summary>0600, for what not even the group may read.</summary>
    public const UnixFileMode SecretMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private const UnixFileMode Others = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>True if users outside of its group can use a folder.</summary>
    [UnsupportedOSPlatform("windows")]
    public static bool IsOpenToOthers(string folder) => Directory.Exists(folder) && (File.GetUnixFileMode(folder) & Others) != 0;

    /// <summary>Makes a folder, and those above it that are missing.</summary>
    /// <exception cref="IOException">It could not be made.</exception>
    /// <exception cref="UnauthorizedAccessException">The same, for want of a permission.</exception>
    public static void MakeFolder(string folder)
    {
        var path = Path.GetFullPath(folder);
        if (Directory.Exists(path))
            return;
        if (Path.GetDirectoryName(path) is { } parent)
            MakeFolder(parent);
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
            return;
        }

        Directory.CreateDirectory(path, FolderMode);
        File.SetUnixFileMode(path, FolderMode); // The umask may have taken the group's right to enter.
    }

    /// <summary>Opens a file for writing, in a folder that is made where it is missing.</summary>
    /// <param name="mode">Whether the file is made, cut or added to.</param>
    /// <param name="permissions">Of a file that is made here; the umask may take some of them.</param>
    /// <exception cref="IOException">It could not be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">The same, for want of a permission.</exception>
    public static FileStream Open(string path, FileMode mode, UnixFileMode permissions = FileMode)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder)
            MakeFolder(folder);
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.Write, Share = FileShare.ReadWrite | FileShare.Delete };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = permissions;
        return new FileStream(path, options);
    }

    /// <summary>
    /// Makes an empty file where there is none, and keeps others out of one that is there: for files that a library opens.
    /// </summary>
    /// <exception cref="IOException">It could not be made.</exception>
    /// <exception cref="UnauthorizedAccessException">The same, for want of a permission.</exception>
    public static void Prepare(string path)
    {
        if (!Path.Exists(path))
            Open(path, System.IO.FileMode.OpenOrCreate).Dispose();
        else if (!OperatingSystem.IsWindows())
            KeepOthersOut(path);
    }

    [UnsupportedOSPlatform("windows")]
    private static void KeepOthersOut(string path)
    {
        var mode = File.GetUnixFileMode(path);
        if ((mode & Others) == 0)
            return;
        try
        {
            File.SetUnixFileMode(path, mode & ~Others);
        }
        catch (UnauthorizedAccessException)
        {
            // It belongs to another user, who decides.
        }
    }
}
