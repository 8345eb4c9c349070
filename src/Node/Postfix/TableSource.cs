using Screening.Node.Configuration;

namespace Screening.Node.Postfix;

/// <summary>
/// The text that one of Postfix's tables was made of. An indexed table lies beside its text, from which postmap(1) makes it; a texthash
/// table is its text (DATABASE_README).
/// </summary>
internal static class TableSource
{
    /// <summary>Reads the text of <c>type:path</c>. False if this type has none, or it can't be read.</summary>
    public static bool TryRead(string table, out string text)
    {
        text = "";
        if (table.Split(':', 2) is not ["texthash" or "hash" or "btree" or "lmdb" or "cdb" or "dbm", var file])
            return false;
        return TextFile.TryRead(file, TextFile.MaxTableBytes, out text, out _, anyBytes: true);
    }
}
