#!/bin/sh
# Makes the sample pictures and voices: of the self-running points, and of what was recorded in sessions of the past. Drawn
# by ffmpeg, spoken by espeak-ng. Run by hand when a
# text or a drawing changes; the results are committed. Needs ffmpeg with libvpx and libopus, espeak-ng, DejaVu fonts.
set -eu
cd "$(dirname "$0")"
font=/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf
bold=/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A room: wall, window, board with the point's name, desk, microphone, a person who nods, a lamp that blinks each second.
# 320x180 at 15 frames a second, a key frame each second, so that a viewer who joins waits little.
picture() { # name, first line, second line, wall, coat, seconds
    s="drawbox=0:0:320:180:color=$4:t=fill"
    s="$s,drawbox=14:14:70:62:color=0xdfeaf4:t=fill,drawbox=47:14:4:62:color=0x8a7f70:t=fill"
    s="$s,drawbox=14:43:70:4:color=0x8a7f70:t=fill,drawbox=12:12:74:66:color=0x8a7f70:t=3"
    s="$s,drawbox=100:12:208:42:color=0x8c1c13:t=fill,drawbox=100:12:208:42:color=0xe0b84c:t=2"
    s="$s,drawtext=fontfile=$bold:text='$2':fontsize=15:fontcolor=0xfbe9a8:x=100+(208-tw)/2:y=18"
    s="$s,drawtext=fontfile=$font:text='$3':fontsize=13:fontcolor=0xfbe9a8:x=100+(208-tw)/2:y=36"
    s="$s,drawtext=fontfile=$bold:text='●':fontsize=64:fontcolor=0x2a1c14:x=184:y='56+2*sin(2*PI*t/2)'"
    s="$s,drawtext=fontfile=$bold:text='●':fontsize=54:fontcolor=0xd9a679:x=188:y='66+2*sin(2*PI*t/2)'"
    s="$s,drawbox=178:118:62:34:color=$5:t=fill,drawbox=170:128:78:24:color=$5:t=fill"
    s="$s,drawbox=0:146:320:34:color=0x6b4423:t=fill,drawbox=0:146:320:3:color=0x9a6a3c:t=fill"
    s="$s,drawbox=120:120:3:28:color=0x222222:t=fill,drawbox=116:112:11:12:color=0x333333:t=fill"
    s="$s,drawbox=112:148:20:4:color=0x111111:t=fill"
    s="$s,drawbox=284:156:12:12:color=0x444444:t=fill,drawbox=286:158:8:8:color=0x37c26b:t=fill:enable='lt(mod(t,1),0.5)'"
    s="$s,drawtext=fontfile=$font:text='hình và tiếng mẫu':fontsize=11:fontcolor=0xf3e5d0:x=8:y=160"
    ffmpeg -v error -y -f lavfi -i "color=black:size=320x180:rate=15:duration=$6" -vf "$s" -c:v libvpx -b:v 110k -minrate 0 \
        -maxrate 180k -bufsize 200k -g 15 -keyint_min 15 -deadline best -cpu-used 0 -auto-alt-ref 0 -lag-in-frames 0 \
        -error-resilient 1 -an -flags:v +bitexact -fflags +bitexact "$1.ivf"
}

# Opus, 20 ms packets; beside it one byte per packet with the sound level of RFC 6464 (0 loud, 127 silent).
voice() { # name, voice, text
    espeak-ng -v "$2" -s 145 -p "$4" -w "$work/$1.wav" "$3"
    ffmpeg -v error -y -i "$work/$1.wav" -af "apad=pad_dur=1,loudnorm=I=-20:TP=-3" -ar 48000 -ac 1 -c:a libopus -b:a 20k \
        -vbr on -frame_duration 20 -application voip -map_metadata -1 -flags:a +bitexact -fflags +bitexact "$1.ogg"
    ffmpeg -v error -y -i "$1.ogg" -f s16le -ac 1 -ar 48000 "$work/$1.raw"
    python3 - "$work/$1.raw" "$1.levels" <<'PY'
import array, math, sys
samples = array.array('h', open(sys.argv[1], 'rb').read())
levels = bytearray()
for at in range(0, len(samples) - 959, 960):
    frame = samples[at:at + 960]
    power = math.sqrt(sum(s * s for s in frame) / 960) / 32768
    levels.append(127 if power < 1e-6 else max(0, min(127, round(-20 * math.log10(power)))))
open(sys.argv[2], 'wb').write(levels)
PY
}

if [ $# -eq 0 ]; then
    set -- ben-da so-nnmt tru-so tru-so-2 an-hoa nam-ngan thuong-ngan loi-di dien tai-dinh-cu tai-dinh-cu-so che-do phi-do
fi
for name; do
    case $name in
    # Points that run by themselves: picture and voice.
    ben-da)
        picture ben-da 'ĐIỂM CẦU' 'PHƯỜNG BẾN ĐÁ' 0xcbd5c0 0x3b5b8c 8
        voice ben-da vi "Kính thưa đồng chí chủ trì. Tôi là Trịnh Văn Sậy, ở tổ dân phố số bốn, phường Bến Đá. Mương thoát nước sau nhà chúng tôi bị lấp khoảng bốn mươi mét. Từ tháng tám đến nay, ba lần nước tràn vào nhà, lần cao nhất hai mươi lăm xăng ti mét. Bảy hộ chúng tôi đề nghị khơi thông mương trước mùa mưa. Xin cảm ơn." 45
        ;;
    so-nnmt)
        picture so-nnmt 'SỞ NÔNG NGHIỆP' 'VÀ MÔI TRƯỜNG' 0xd8cfc2 0x2f3a45 8
        voice so-nnmt vi "Kính thưa đồng chí chủ trì. Sở Nông nghiệp và Môi trường xin báo cáo. Đoạn mương thuộc phạm vi phường quản lý. Sở đã cử hai cán bộ kiểm tra cốt thoát nước, và sẽ gửi hướng dẫn đấu nối với kênh tiêu trong mười ngày làm việc. Xin hết." 60
        ;;
    # Points of the past: a picture each.
    tru-so) picture tru-so 'TRỤ SỞ TIẾP CÔNG DÂN' 'TỈNH SÔNG NGÂN' 0xd5cdb8 0x1f2f4a 4 ;;
    tru-so-2) picture tru-so-2 'TRỤ SỞ TIẾP CÔNG DÂN' 'CƠ SỞ 2' 0xc9d2d6 0x5a3e2b 4 ;;
    an-hoa) picture an-hoa 'ĐIỂM CẦU' 'XÃ AN HÒA' 0xd9d3b6 0x6b3550 4 ;;
    nam-ngan) picture nam-ngan 'BAN TIẾP CÔNG DÂN' 'HUYỆN NAM NGÂN' 0xc4cfc9 0x74502f 4 ;;
    thuong-ngan) picture thuong-ngan 'BAN TIẾP CÔNG DÂN' 'HUYỆN THƯỢNG NGÂN' 0xccc8d8 0x2f5f4f 4 ;;
    # What was said there: a sentence or two for each visit.
    loi-di) voice loi-di vi "Thưa đồng chí chủ trì. Lối đi chung rộng hai mét rưỡi dùng từ năm một nghìn chín trăm tám mươi tám bị ghi vào giấy chứng nhận của hộ liền kề. Tôi đề nghị kiểm tra lại hồ sơ." 70 ;;
    dien) voice dien vi "Thưa đồng chí chủ trì. Tôi đại diện mười một hộ xóm Vực. Các hộ tự kéo điện một cây số tám từ trạm cuối, điện yếu và không an toàn." 40 ;;
    tai-dinh-cu) voice tai-dinh-cu vi "Thưa đồng chí chủ trì. Gia đình tôi bị thu hồi hai trăm mười hai mét vuông, phương án chỉ ghi một trăm tám mươi sáu. Tôi đề nghị đo lại, có mặt gia đình." 72 ;;
    tai-dinh-cu-so) voice tai-dinh-cu-so vi "Hồ sơ địa chính ghi hai trăm mười hai mét vuông. Số liệu của phương án cần kiểm tra lại. Sở xin hết." 60 ;;
    che-do) voice che-do vi "Tôi phiên dịch cho ông Vi Văn Pẩu. Ông là dân công hỏa tuyến, hồ sơ thất lạc, ông hỏi phải xin xác nhận ở đâu." 65 ;;
    phi-do) voice phi-do vi "Tôi trình bày việc thu phí đò ngang không có biên lai từ tháng ba. Tôi đề nghị kiểm tra việc thu, chi." 50 ;;
    *) echo "make.sh: nothing is called $name" >&2; exit 2 ;;
    esac
done
