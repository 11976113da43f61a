namespace Conformance.Model.Contract;

/// <summary>
/// Kernel error numbers, positive here; printed with the minus sign the kernel returns them with.
/// </summary>
/// <remarks>Values from include/uapi/asm-generic/errno*.h; 517 is kernel internal.</remarks>
public enum Errno : short
{
    OK = 0,
    EPERM = 1,
    ENOENT = 2,
    EIO = 5,
    ENXIO = 6,
    ENOMEM = 12,
    EACCES = 13,
    EFAULT = 14,
    EBUSY = 16,
    EEXIST = 17,
    ENODEV = 19,
    EINVAL = 22,
    ENOSPC = 28,
    ERANGE = 34,
    EOVERFLOW = 75,
    EOPNOTSUPP = 95,
    EADDRINUSE = 98,
    ETIMEDOUT = 110,
    EPROBEDEFER = 517,
}

/// <summary>How error numbers are written in scenarios, traces and reports.</summary>
public static class ErrnoText
{
    /// <summary><c>0</c>, <c>-EINVAL</c>, <c>-EPROBE_DEFER</c>.</summary>
    public static string Text(this Errno errno) => errno switch
    {
        Errno.OK => "0",
        Errno.EPROBEDEFER => "-EPROBE_DEFER",
        _ => "-" + errno,
    };

    /// <summary>Inverse of <see cref="Text"/>; false when the word is no error number we know.</summary>
    public static bool TryParse(string text, out Errno errno)
    {
        foreach (var value in Enum.GetValues<Errno>())
        {
            if (!string.Equals(value.Text(), text, StringComparison.Ordinal))
            {
                continue;
            }

            errno = value;
            return true;
        }

        errno = Errno.OK;
        return false;
    }
}
