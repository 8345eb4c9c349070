using System.Runtime.InteropServices;

namespace Screening.Node.Platform;

/// <summary>The owner and group of a file: the base library tells modes, but not these.</summary>
/// <param name="User">User id.</param>
/// <param name="Group">Group id.</param>
internal readonly record struct FileOwner(uint User, uint Group)
{
    private const int CurrentFolder = -100; // AT_FDCWD
    private const uint OwnerWanted = 0x8 | 0x10; // STATX_UID, STATX_GID
    private const int StatxBytes = 256;
    private const int UserOffset = 20; // stx_uid, on every architecture: statx(2)
    private const int GroupOffset = 24; // stx_gid

    /// <summary>Those of a file, symbolic links followed; null where they cannot be had.</summary>
    public static FileOwner? Of(string path)
    {
        var result = new byte[StatxBytes];
        return Statx(CurrentFolder, path, 0, OwnerWanted, result) == 0
            ? new FileOwner(MemoryMarshal.Read<uint>(result.AsSpan(UserOffset)), MemoryMarshal.Read<uint>(result.AsSpan(GroupOffset)))
            : null;
    }

    /// <summary><c>user:group</c>, by their names.</summary>
    public override string ToString() => $"{AccountNames.OfUser(User)}:{AccountNames.OfGroup(Group)}";

    [DllImport("libc", EntryPoint = "statx", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Statx(
        int folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mask, [Out] byte[] result);
}
