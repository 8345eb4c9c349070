using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Screening.Node.Platform;

/// <summary>Who may change a file: the base library tells modes, but not owners.</summary>
internal static class FileOwner
{
    private const int CurrentFolder = -100; // AT_FDCWD
    private const uint OwnerWanted = 0x8; // STATX_UID
    private const int StatxBytes = 256;
    private const int OwnerOffset = 20; // stx_uid, on every architecture: statx(2)

    /// <summary>The user id of a file's owner, symbolic links followed; null where it cannot be had.</summary>
    public static uint? Of(string path)
    {
        var result = new byte[StatxBytes];
        if (Statx(CurrentFolder, path, 0, OwnerWanted, result) != 0)
            return null;
        var owner = result.AsSpan(OwnerOffset);
        return BitConverter.IsLittleEndian ? BinaryPrimitives.ReadUInt32LittleEndian(owner) : BinaryPrimitives.ReadUInt32BigEndian(owner);
    }

    [DllImport("libc", EntryPoint = "statx", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Statx(int folder, [MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags, uint mask, [Out] byte[] result);
}
